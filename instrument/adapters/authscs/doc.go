// SPDX-License-Identifier: Apache-2.0

// Package authscs records the life of the sessions of
// github.com/alexedwards/scs.
//
//	manager := scs.New()
//	manager.Store = redisstore.New(pool)
//	sessions := authscs.New(manager, api.Sessions())
//
//	http.ListenAndServe(addr, sessions.LoadAndSave(router))
//
// What [New] returns has all the methods of the manager; use it in its place, in
// handlers too.
//
// # Operations
//
//   - create: a session was saved for the first time. With scs that is when a
//     handler first puts something in, whether or not anybody has signed in.
//   - renew: it was saved under the new token that RenewToken gave it. A mere
//     save, which IdleTimeout causes at each request, is no operation.
//   - end: Destroy, and MergeSession for the session that is merged into another.
//   - revoke: it was destroyed from outside its own requests, by Iterate or by
//     deleting it from the manager's Store.
//   - expire: its time was over.
//
// Where the store failed at one of these, it is counted with result error. A
// session that could not be loaded is no operation; neither is a save that failed
// of a session that was there before.
//
// # Active sessions
//
// The stores of scs drop an expired session without a word, so this package keeps
// for each session when it expires: auth.session.active is how many sessions this
// process has begun and not seen end, and it is never negative. It falls within
// ten seconds of an expiry. It is also corrected where a session turns out to be
// gone from the store when its cookie comes back.
//
// What one process cannot see, and what time puts right at the latest when the
// session expires by what this process knew of it:
//
//   - A session from before this process started is not counted, unless
//     [WithSoleProcess] says that it may be.
//   - A session that another process ended is still counted.
//   - A session that another process keeps alive, with an IdleTimeout, counts as
//     expired when this process has not saved it for that long.
//   - Beyond [WithMaxTracked] sessions, further ones are counted in the operations
//     alone.
//
// # Tokens
//
// No token is kept and none is exported. Sessions are told apart by a 64-bit hash
// under a key that this process makes at random and that never leaves it.
package authscs
