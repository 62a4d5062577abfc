// SPDX-License-Identifier: Apache-2.0

// Package authrate records the checks of a limiter of golang.org/x/time/rate:
// how they come out, and how much of the bucket is used.
//
//	logins := authrate.New(rate.NewLimiter(rate.Every(time.Second), 20), api.RateLimit("burst"))
//
//	if !logins.Allow() {
//		http.Error(w, "too many logins", http.StatusTooManyRequests)
//		return
//	}
//
// # Outcome of a check
//
// The methods are those of [rate.Limiter], and so are their results. One call is
// one check, however many tokens it asks for.
//
//   - allowed: the tokens were there, or [Limiter.Wait] waited until they were.
//   - limited: they were not; the wait would outlast the deadline of the context;
//     more were asked for than the burst can ever hold; or a reservation has to
//     be waited for.
//   - canceled: the context of a Wait was over before the tokens were there.
//   - fail_open: there is no limiter (see [New]) and so the check was let through.
//
// # Usage
//
// auth.rate_limit.limit is the burst and auth.rate_limit.usage how many tokens of
// it are used, rounded up; where reservations are waited for it is more than the
// limit. Both are set at the first check, and from then on once a second, by a
// timer, until the bucket is full again: an attack that has ended is no longer
// shown as one. With the limit [rate.Inf] nothing is ever used.
//
// One gauge shows one bucket. Where many limiters record on one handle, such as
// one a client, make them with [WithoutUsage].
package authrate
