//go:build !unix

package main

import "os"

// terminalWidth knows no terminals here: drawings have their usual width and no colours.
func terminalWidth(*os.File) (int, bool) { return 0, false }
