// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"net/netip"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// Rules are the figures that findings are raised by. [DefaultRules] gives those that
// need no tuning; change some and hand them to [WithRules]. A failure counts by its
// reason: one for a wrong credential, three quarters for a reason that nobody knows,
// and nothing where the credential was not judged (an expired token, a policy, a
// second factor that is still to come). A failure of a subject from where it was let
// in before counts half, and so does one from an address that people share, from which
// three subjects were let in; but not at machine speed.
type Rules struct {
	BruteForce            BruteForce
	UserEnumeration       UserEnumeration
	PasswordSpray         PasswordSpray
	CredentialStuffing    CredentialStuffing
	DistributedBruteForce DistributedBruteForce
	TokenReplay           TokenReplay
	RateLimitAbuse        RateLimitAbuse
	MFAFatigue            MFAFatigue
	ImpossibleTravel      ImpossibleTravel
	FailureRatioShift     FailureRatioShift
	LatencyShift          LatencyShift
	VolumeShift           VolumeShift
	Dormancy              Dormancy

	// Quiet ends an episode: after so long without another failure the same kind is
	// raised anew. Default 30 minutes.
	Quiet time.Duration
}

// BruteForce finds one source, or one subject where no source is known, that fails
// again and again, at machine speed or slowly.
type BruteForce struct {
	Fast       int           // failures at machine speed; 5, as CrowdSec's buckets hold
	FastWithin time.Duration // 10 s, one leak of CrowdSec's bucket
	Failures   int           // 5, fail2ban's maxretry
	Within     time.Duration // 10 min, fail2ban's findtime
	Slow       int           // 10; CrowdSec's slow bucket, which leaks one a minute, lies inside
	SlowWithin time.Duration // 1 h
	Drips      int           // failures at a median gap of DripGap, never a success: 4 on three subjects, twice that on fewer
	DripGap    time.Duration // 10 min, where the windows above no longer see it
}

// UserEnumeration finds a source that asks for many subjects, most of them unknown
// (or all, where the service never says which are).
type UserEnumeration struct {
	Subjects int // 5, CrowdSec's distinct users
	Tries    int // at most so many for each; 3
}

// PasswordSpray finds a source that tries many known subjects.
type PasswordSpray struct {
	Subjects int // 5; 8 where the service never says that a subject is unknown, which may be enumeration as well
	Tries    int // at most so many for each; 3, below what locks an account
}

// CredentialStuffing finds a source that tries many pairs fast.
type CredentialStuffing struct {
	Subjects int // 15
	Tries    int // at most so many for each; 2
}

// DistributedBruteForce finds a subject that many sources try.
type DistributedBruteForce struct {
	Sources  int           // 8
	Failures int           // 10
	Within   time.Duration // 1 h
	InRow    int           // or so many failures without a success, from three sources or more; 10, NIST SP 800-63B allows 100 at most
}

// TokenReplay finds a token that was used up, and a session in two networks at once.
type TokenReplay struct {
	Revoked int           // uses of a token that was revoked; 5, since clients retry. A replayed one is found at once, RFC 9700
	Within  time.Duration // of these, and of a session that goes from one network to another and back; 10 min
}

// RateLimitAbuse finds a source that does not heed a limit.
type RateLimitAbuse struct {
	Limited int           // 10
	Within  time.Duration // 10 min
}

// MFAFatigue finds a subject who is asked again and again.
type MFAFatigue struct {
	Prompts int           // unanswered or denied; 5, as Elastic's and Okta's rules
	Within  time.Duration // 10 min
}

// ImpossibleTravel finds two successes that nobody can travel between. It needs a
// Locator.
type ImpossibleTravel struct {
	// Locator tells where an address is, in degrees. It is called on the path of each
	// success, at once by many, so it must look into memory and not ask anybody.
	Locator  func(netip.Addr) (latitude, longitude float64, ok bool)
	Speed    float64 // km/h; 1000, an airliner with the wind
	Distance float64 // km, below which a locator is not to be trusted; 500
}

// FailureRatioShift finds a service whose attempts begin to fail more often, by a
// Bernoulli CUSUM over a learned ratio.
type FailureRatioShift struct {
	Learn     int     // attempts before anything is found; 1000
	Factor    float64 // the shift that is found fastest, as a multiple of the ratio; 2, and at least ten per cent points more
	Threshold float64 // of the sum of log-likelihood ratios; 16: a false one in e^16, nine million attempts, if they are independent
}

// LatencyShift finds a service that has become slow.
type LatencyShift struct {
	Samples int           // in a window of VolumeShift's before it is looked at; 100
	Factor  float64       // of the 95th percentile over its baseline, in two windows running; 2
	Least   time.Duration // and at least so much slower; 50 ms
}

// VolumeShift finds a service with far more or fewer attempts than at this hour of
// other days.
type VolumeShift struct {
	Window     time.Duration // 10 min
	Deviations float64       // mean absolute ones, in two windows running; 8
	Factor     float64       // and more than so many times as many, or fewer; 3
	Least      int           // attempts in a window, of the usual or the new volume; 100
}

// Dormancy finds a service that fell silent, and that it came to life again.
type Dormancy struct {
	Least   int           // attempts before it is watched; 100
	Silence time.Duration // at least; 1 h
	Factor  float64       // and so many times the longest silence that it is known for; 3
}

// DefaultRules returns the figures that each field's comment tells.
func DefaultRules() Rules {
	return Rules{
		BruteForce: BruteForce{
			Fast: 5, FastWithin: 10 * time.Second, Failures: 5, Within: 10 * time.Minute,
			Slow: 10, SlowWithin: time.Hour, Drips: 4, DripGap: 10 * time.Minute,
		},
		UserEnumeration:       UserEnumeration{Subjects: 5, Tries: 3},
		PasswordSpray:         PasswordSpray{Subjects: 5, Tries: 3},
		CredentialStuffing:    CredentialStuffing{Subjects: 15, Tries: 2},
		DistributedBruteForce: DistributedBruteForce{Sources: 8, Failures: 10, Within: time.Hour, InRow: 10},
		TokenReplay:           TokenReplay{Revoked: 5, Within: 10 * time.Minute},
		RateLimitAbuse:        RateLimitAbuse{Limited: 10, Within: 10 * time.Minute},
		MFAFatigue:            MFAFatigue{Prompts: 5, Within: 10 * time.Minute},
		ImpossibleTravel:      ImpossibleTravel{Speed: 1000, Distance: 500},
		FailureRatioShift:     FailureRatioShift{Learn: 1000, Factor: 2, Threshold: 16},
		LatencyShift:          LatencyShift{Samples: 100, Factor: 2, Least: 50 * time.Millisecond},
		VolumeShift:           VolumeShift{Window: 10 * time.Minute, Deviations: 8, Factor: 3, Least: 100},
		Dormancy:              Dormancy{Least: 100, Silence: time.Hour, Factor: 3},
		Quiet:                 30 * time.Minute,
	}
}

// weights says how much a failure for each reason says about the credential.
var weights = [semconv.NumReason]float32{
	semconv.ReasonOther:                0.75,
	semconv.ReasonInvalidCredentials:   1,
	semconv.ReasonUnknownPrincipal:     1,
	semconv.ReasonBadSignature:         1,
	semconv.ReasonUnknownKey:           1,
	semconv.ReasonUnsupportedAlgorithm: 1,
	semconv.ReasonBindingMismatch:      1,
	semconv.ReasonReplayed:             1,
	semconv.ReasonLocked:               1,
	semconv.ReasonDisabled:             1,
}
