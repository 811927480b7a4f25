package api

import "testing"

func TestManyFollowersAreTold(t *testing.T) {
	told := 0
	h := NewHub()
	h.Crowd(func() { told++ })
	for i := range crowded + 5 {
		if i < crowded && told > 0 {
			t.Fatalf("told of %d followers", i)
		}
		h.join(wanted{}, place{})
	}
	if told != 1 {
		t.Errorf("told %d times, want once", told)
	}
}
