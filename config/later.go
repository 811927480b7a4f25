package config

// laterKeys are the keys that are known but not part of this version, by the
// section that they would stand in: "" is the top. Left silent they would look as if they worked.
var laterKeys = map[string][]string{
	"": {"cluster"},
}

// laterWords are values that are known but not part of this version, by path.
var laterWords = map[string][]string{
	"store.driver":       {"postgresql", "postgres"},
	"trunks[].transport": {"tls", "ws", "wss"},
}
