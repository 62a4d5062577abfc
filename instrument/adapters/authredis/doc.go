// SPDX-License-Identifier: Apache-2.0

// Package authredis records the checks of the rate limiter
// github.com/go-redis/redis_rate, which many processes share by a Redis, and
// answers for it when Redis does not.
//
//	limiter := authredis.New(redis_rate.NewLimiter(client), api.RateLimit("minute"))
//
//	res, _ := limiter.Allow(ctx, clientIP, redis_rate.PerMinute(10))
//	if res.Allowed == 0 {
//		http.Error(w, "too many logins", http.StatusTooManyRequests)
//		return
//	}
//
// # Outcome of a check
//
// One call is one check, however many events it asks for. One that asks for none
// looks at the bucket, and is not recorded.
//
//   - allowed: all of the events may happen, or with [Limiter.AllowAtMost] some.
//   - limited: none may.
//   - canceled: the context was canceled before there was an answer. The answer is
//     then no, whatever the policy, and so it is where the context was over before
//     anything was asked: nobody gets past a limit by hanging up or by choosing a
//     deadline. Where clients choose deadlines, as with gRPC, give Redis one of your
//     own, below context.WithoutCancel.
//   - fail_closed, or fail_open with [WithFailOpen]: Redis gave no answer, be it
//     that it is down, too slow for the context's deadline, or that it refused
//     the script. The result is then what the policy says.
//
// go-redis takes its time: by default it tries four times for three seconds each.
// A context's deadline shortens that only with ContextTimeoutEnabled in the
// client's options.
//
// # Usage
//
// A limiter has a bucket for each key, and one gauge cannot show them all. So
// auth.rate_limit.usage and auth.rate_limit.limit show the fullest bucket that
// this process was told of, as it drains: how close the busiest client is to its
// limit. They are set at checks, and by a timer once a second until that bucket
// is empty. No key is kept and none is exported.
package authredis
