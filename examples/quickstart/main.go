// SPDX-License-Identifier: Apache-2.0

// Quickstart is two small services and their telemetry. "accounts" checks passwords and second factors,
// limits the rate and issues signed tokens; "orders" verifies those tokens and decides who may see what.
// With no more than
//
//	go run ./examples/quickstart
//
// it serves on 127.0.0.1:8080, sends itself requests of every kind, good and bad, and shows beside each
// other what the client saw and what http://127.0.0.1:9464/metrics says. OTEL_METRICS_EXPORTER=otlp
// pushes to a collector instead.
//
// This file is the one to read, from top to bottom: it has every use of the SDK. What the others have,
// passwords, tokens, a rate limiter, the client and its table, knows nothing of telemetry.
package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Short times, so that there is something to see within seconds.
const (
	tokenLife   = 10 * time.Second
	sessionLife = 20 * time.Second
	rotateEvery = 2 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run is the program. It ends when ctx does or when the time given by -for is up.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(out)
	addr := flags.String("addr", "127.0.0.1:8080", "`host:port` that the services listen on")
	withTraffic := flags.Bool("traffic", true, "send requests to itself, about 50 a second")
	limit := flags.Duration("for", 15*time.Second, "how long to run; 0 is until interrupted")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}

	// The pipeline: Prometheus on 127.0.0.1:9464, unless an OTEL_* variable says otherwise.
	pipe, err := exporter.Start(ctx, exporter.FromEnv())
	if err != nil {
		return err
	}
	// The recorder: names that are not declared here share one "_OTHER".
	rec, err := instrument.New(
		instrument.WithMeterProvider(pipe.MeterProvider()),
		instrument.WithServices("accounts", "orders"),
		instrument.WithAllowed(semconv.CacheNameKey, "keys"),
	)
	defer func() {
		// What was not pushed yet goes out now, also after an interrupt, but not forever.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, pipe.Shutdown(ctx), rec.Shutdown(ctx))
	}()
	if err != nil {
		return err
	}

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	accounts, err := newAccounts(ctx, rec.Service("accounts"))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	orders := newOrders(ctx, rec.Service("orders"), base+"/keys")
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", accounts.login)
	mux.HandleFunc("POST /logout", accounts.logout)
	mux.HandleFunc("GET /keys", accounts.publicKeys)
	mux.HandleFunc("GET /orders/{owner}", orders.read)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	work, cancel := ctx, context.CancelFunc(func() {})
	if *limit > 0 {
		work, cancel = context.WithTimeout(ctx, *limit)
	}
	defer cancel()
	var background sync.WaitGroup
	background.Go(func() { accounts.maintain(work) })
	client := newTraffic(base, accounts)
	if *withTraffic {
		background.Go(func() { client.run(work) })
	}
	screen := newScreen(out, base, pipe.String(), client)
	screen.show(work)

	// The end: no request is under way any more, so what was sent and what was recorded must agree.
	background.Wait()
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	httpClient.CloseIdleConnections()
	err = server.Shutdown(ctx)
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	screen.conclude(ctx)
	accounts.svc.Deregister(ctx)
	orders.svc.Deregister(ctx)
	return err
}

// accounts is the service that knows the users. It keeps a handle for each thing that it records: a
// handle is bound once, and recording through it builds and allocates nothing.
type accounts struct {
	svc       *instrument.Service
	passwords *instrument.Attempts
	codes     *instrument.MFA
	issued    *instrument.TokenOperations
	sessions  *instrument.Sessions
	signing   *instrument.Credential
	burst     *instrument.RateLimit

	users   map[string]user
	dummy   user // stands for users that do not exist
	keys    keyring
	limiter limiter

	mu   sync.Mutex
	live map[string]time.Time // sessions, and when each ends
}

func newAccounts(ctx context.Context, svc *instrument.Service) (*accounts, error) {
	a := &accounts{
		svc:       svc,
		passwords: svc.Authentication(semconv.MethodPassword),
		codes:     svc.MFA(semconv.MFAFactorTOTP),
		issued:    svc.TokenOperations(semconv.TokenTypeAccess),
		sessions:  svc.Sessions(),
		signing:   svc.Credential(semconv.CredentialTypeSigningKey),
		burst:     svc.RateLimit("burst"),
		users:     map[string]user{"alice": newUser(alicePassword, ""), "bob": newUser(bobPassword, bobSecret)},
		dummy:     newUser(rand.Text(), ""),
		limiter:   limiter{buckets: map[string]*bucket{}},
		live:      map[string]time.Time{},
	}
	svc.Register(ctx)
	return a, a.rotate(ctx, semconv.RotationTriggerManual)
}

// login answers a user name and a password with a token and a session.
func (a *accounts) login(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if !a.admit(ctx, clientOf(r)) {
		http.Error(w, "too many requests", http.StatusTooManyRequests)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	name := r.PostFormValue("user")
	if err := a.authenticate(ctx, name, r.PostFormValue("password"), r.PostFormValue("code")); err != nil {
		// The metrics have the reason. Whoever knocks does not learn which names exist.
		http.Error(w, "login refused", http.StatusUnauthorized)
		return
	}
	token, err := a.keys.current().token(name, "orders", tokenLife)
	a.issued.Count(ctx, semconv.TokenOperationIssue, err)
	if err != nil {
		http.Error(w, "no token today", http.StatusInternalServerError)
		return
	}
	session := rand.Text()
	a.mu.Lock()
	a.live[session] = time.Now().Add(sessionLife)
	a.mu.Unlock()
	a.sessions.Count(ctx, semconv.SessionOperationCreate, nil)
	cookie := &http.Cookie{Name: "session", Value: session, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	http.SetCookie(w, cookie)
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintln(w, token)
}

// authenticate is what is measured: one attempt from its start to whatever it returns. The error says
// how it ended; the name and the password go nowhere.
func (a *accounts) authenticate(ctx context.Context, name, password, code string) (err error) {
	defer a.passwords.Start().Done(ctx, &err)

	if name == "" || password == "" {
		return instrument.ErrNoCredential
	}
	u, known := a.users[name]
	if !known {
		u = a.dummy // the same work, so that the time taken does not tell
	}
	right := u.hasPassword(password)
	switch {
	case !known:
		return instrument.Failure(semconv.ReasonUnknownPrincipal)
	case !right:
		return instrument.Failure(semconv.ReasonInvalidCredentials)
	case u.secret == "":
		return nil
	}
	a.codes.Challenged(ctx)
	if code == "" {
		return instrument.Failure(semconv.ReasonMFARequired)
	}
	if !u.hasCode(code) {
		err = instrument.Failure(semconv.ReasonMFAFailed)
	}
	a.codes.Answered(ctx, err)
	return err
}

// logout ends the session that the cookie names.
func (a *accounts) logout(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie("session")
	if err != nil {
		http.Error(w, "no session", http.StatusUnauthorized)
		return
	}
	a.mu.Lock()
	_, live := a.live[cookie.Value]
	delete(a.live, cookie.Value)
	a.mu.Unlock()
	if !live {
		a.sessions.Count(r.Context(), semconv.SessionOperationEnd, instrument.Failure(semconv.ReasonExpired))
		http.Error(w, "no session", http.StatusUnauthorized)
		return
	}
	a.sessions.Count(r.Context(), semconv.SessionOperationEnd, nil)
	w.WriteHeader(http.StatusNoContent)
}

// admit asks the rate limiter. The client's address finds a bucket there and is recorded nowhere.
func (a *accounts) admit(ctx context.Context, client string) bool {
	ok, used, today := a.limiter.allow(client)
	outcome := semconv.RateLimitOutcomeAllowed
	if !ok {
		outcome = semconv.RateLimitOutcomeLimited
	}
	a.burst.Check(ctx, outcome)
	a.svc.RateLimitUsage(ctx,
		instrument.Usage{Type: "burst", Used: used, Limit: burst}, // of the client that came last
		instrument.Usage{Type: "day", Used: today, Limit: dailyQuota})
	return ok
}

// maintain rotates keys and ends old sessions until ctx is done.
func (a *accounts) maintain(ctx context.Context) {
	tick := time.NewTicker(rotateEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_ = a.rotate(ctx, semconv.RotationTriggerScheduled) // the next try comes soon, and the state says it
		a.mu.Lock()
		for session, until := range a.live {
			if time.Now().After(until) {
				delete(a.live, session)
				a.sessions.Count(ctx, semconv.SessionOperationExpire, nil)
			}
		}
		a.mu.Unlock()
	}
}

// rotate makes a new key. Older ones are accepted as long as a token that they signed may be valid.
func (a *accounts) rotate(ctx context.Context, trigger semconv.RotationTrigger) error {
	key, err := newSigningKey(time.Now().Add(2*rotateEvery + tokenLife))
	a.signing.Rotated(ctx, trigger, err)
	if err != nil {
		a.svc.SetState(semconv.ServiceStateDegraded)
		return err
	}
	a.signing.Expires(ctx, key.until)
	a.svc.SetState(semconv.ServiceStateHealthy)
	a.keys.add(key)
	return nil
}

// publicKeys lets other services verify tokens without knowing how to make them.
func (a *accounts) publicKeys(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(a.keys.public()) // an error means that the client has gone
}

// orders is the service behind the tokens.
type orders struct {
	svc    *instrument.Service
	tokens *instrument.Attempts
	access *instrument.Authorization
	cache  *instrument.Cache
	keySet *instrument.KeySet

	keysURL string
	keys    atomic.Pointer[map[string]ed25519.PublicKey]
	mu      sync.Mutex // held while keys are fetched
	asked   time.Time
	problem error // of the last fetch
}

func newOrders(ctx context.Context, svc *instrument.Service, keysURL string) *orders {
	o := &orders{
		svc:     svc,
		tokens:  svc.TokenVerification(semconv.TokenTypeAccess),
		access:  svc.Authorization(semconv.EnforcementEnforced),
		cache:   svc.Cache("keys"),
		keySet:  svc.KeySet(),
		keysURL: keysURL,
	}
	o.keys.Store(&map[string]ed25519.PublicKey{})
	svc.Register(ctx)
	svc.SetState(semconv.ServiceStateHealthy)
	return o
}

// read shows somebody's orders to whom they belong.
func (o *orders) read(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	caller, err := o.verify(r.Context(), token)
	switch {
	case errors.Is(err, errNoKeys):
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	case err != nil:
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "token refused", http.StatusUnauthorized)
	case !o.authorize(r.Context(), caller, r.PathValue("owner")):
		http.Error(w, "not yours", http.StatusForbidden)
	default:
		fmt.Fprintln(w, "one teapot, on its way")
	}
}

// errNoKeys is our trouble and not the caller's: such an attempt has the result "error".
var errNoKeys = errors.New("key set not available")

// verify returns the user that a token was issued to.
func (o *orders) verify(ctx context.Context, token string) (caller string, err error) {
	defer o.tokens.Start().Done(ctx, &err)

	if token == "" {
		return "", instrument.ErrNoCredential
	}
	t, ok := parse(token)
	if !ok {
		return "", instrument.Failure(semconv.ReasonMalformed)
	}
	key, err := o.key(ctx, t.KeyID)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", errNoKeys, err)
	case key == nil:
		return "", instrument.Failure(semconv.ReasonUnknownKey)
	case t.Algorithm != "EdDSA":
		return "", instrument.Failure(semconv.ReasonUnsupportedAlgorithm)
	case !ed25519.Verify(key, t.signed, t.signature):
		return "", instrument.Failure(semconv.ReasonBadSignature)
	case t.Audience != "orders":
		return "", instrument.Failure(semconv.ReasonAudienceMismatch)
	case time.Now().Unix() >= t.Expires:
		return "", instrument.Failure(semconv.ReasonExpired)
	}
	return t.Subject, nil
}

func (o *orders) authorize(ctx context.Context, caller, owner string) bool {
	d := o.access.Start()
	if caller != owner {
		d.End(ctx, semconv.DecisionDeny)
		return false
	}
	d.End(ctx, semconv.DecisionAllow)
	return true
}

// key returns the public key of that name, or nil if there is none. A name not seen before is looked up
// at accounts, though not more than once a second: it may be anybody's invention.
func (o *orders) key(ctx context.Context, id string) (ed25519.PublicKey, error) {
	if k := (*o.keys.Load())[id]; k != nil {
		o.cache.Lookup(ctx, semconv.CacheOutcomeHit)
		return k, nil
	}
	o.cache.Lookup(ctx, semconv.CacheOutcomeMiss)
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.asked) > time.Second {
		o.asked = time.Now()
		keys, err := fetchKeys(context.WithoutCancel(ctx), o.keysURL) // others wait for it too
		o.keySet.Refreshed(ctx, err)
		state := semconv.ServiceStateHealthy
		if err == nil {
			o.keys.Store(&keys)
		} else {
			state = semconv.ServiceStateDegraded
		}
		o.svc.SetState(state)
		o.problem = err
	}
	return (*o.keys.Load())[id], o.problem
}
