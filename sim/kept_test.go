package sim

import "testing"

// A keptSeed is a seed that failed once. What a seed makes changes with the worlds: what
// it found has a test of its own wherever it can be told in a few lines, and the seed
// is played on for what its world may find next.
type keptSeed struct {
	test  string // whose worlds are of its kind
	seed  uint64
	found string // what was wrong, and the test that holds it
}

// keptSeeds are those that failed while worlds were made, for faults of the server
// or of the world that judged it, or that fail when what mended them is taken out.
func keptSeeds() []keptSeed {
	return []keptSeed{
		{"TestSeeds", 250, "a second phone that answers when its call is over was left up: TestSection13_2_2_4_ABranchThatAnswersAfterItsCallIsOver"},
		{"TestSeeds", 361, "the same, after a CANCEL that the first phone's answer crossed"},
		{"TestOfficeSeeds", 2, "the leg of who took a call by a code had neither Call-ID nor address in the record: outcome.TestVectors, section 7"},
		{"TestOfficeSeeds", 100626, "nothing is known of such a leg when its call is over before the first ACK, and the ACK of a 401 is none: isLegOf, watch"},
		{"TestOfficeSeeds", 6, "nothing noticed when the place where a caller was parked went on after somebody had taken it: takenTruths"},
		{"TestOfficeSeeds", 18, "who takes a call is nobody whom the caller was connected with, as the world judged it: officeTruths"},
	}
}

// TestKeptSeeds plays what has failed once.
func TestKeptSeeds(t *testing.T) {
	kinds := map[string]func(t *testing.T) runner{
		"TestSeeds":       func(*testing.T) runner { return runSeed },
		"TestTrunkSeeds":  func(*testing.T) runner { return runTrunkSeed },
		"TestMenuSeeds":   func(t *testing.T) runner { return inBubble(t, runMenuSeed) },
		"TestQueueSeeds":  func(t *testing.T) runner { return inBubble(t, runQueueSeed) },
		"TestOfficeSeeds": func(t *testing.T) runner { return inBubble(t, runOfficeSeed(t.TempDir())) },
	}
	for _, k := range keptSeeds() {
		run := kinds[k.test](t)
		if w, p, bad := run(k.seed); len(bad) > 0 {
			t.Logf("it failed before: %s", k.found)
			reportSeed(t, k.test, run, k.seed, nil, w, p, bad)
		}
	}
}
