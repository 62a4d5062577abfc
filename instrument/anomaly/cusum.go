// SPDX-License-Identifier: Apache-2.0

package anomaly

import "math"

// cusum is a Bernoulli CUSUM: it sums how much likelier the attempts are under a
// shifted failure ratio than under the learned one, never below nothing. In control
// the sum reaches h once in e^h attempts at the most (Lorden 1971), if they are
// independent; TestCUSUMRunLength shows what that comes to.
type cusum struct {
	learned  int
	ratio    float64 // learned
	sum      float64
	up, down float64 // what a failure adds and a success takes
	stale    int     // attempts since up and down were made
}

// add counts an attempt and reports whether the sum has reached the threshold, from
// where it begins anew.
func (c *cusum) add(failed bool, r *FailureRatioShift) bool {
	x := 0.0
	if failed {
		x = 1
	}
	if c.learned < r.Learn {
		c.learned++
		c.ratio += (x - c.ratio) / float64(c.learned)
		return false
	}
	// Afterwards the ratio follows slowly, so that a shift is seen before it is learned.
	c.ratio += (x - c.ratio) / float64(20*r.Learn)
	if c.stale++; c.stale >= 64 || c.up == 0 {
		c.stale = 0
		p0 := min(max(c.ratio, 0.005), 0.9)
		p1 := min(max(r.Factor*p0, p0+0.1), 0.97)
		c.up, c.down = math.Log(p1/p0), math.Log((1-p1)/(1-p0))
	}
	if failed {
		c.sum += c.up
	} else {
		c.sum = max(c.sum+c.down, 0)
	}
	if c.sum < r.Threshold {
		return false
	}
	c.sum = 0
	return true
}
