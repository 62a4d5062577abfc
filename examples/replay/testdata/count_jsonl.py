"""Counts the events of JSON lines independently of the replay: {"service result reason": n} on standard output."""
import collections, json, sys

WORDS = {
    "bad_credentials": "invalid_credentials", "unknown_user": "unknown_principal", "account_locked": "locked",
    "account_disabled": "disabled", "password_expired": "expired", "reused_token": "replayed",
    "session_revoked": "revoked", "consent_required": "policy_denied", "blocked": "policy_denied",
    "mfa_enrollment_required": "mfa_required",
}
ENUM = """missing malformed invalid_credentials unknown_principal expired not_yet_valid revoked bad_signature unknown_key
    unsupported_algorithm issuer_mismatch audience_mismatch replayed binding_mismatch mfa_required mfa_failed locked
    disabled rate_limited policy_denied""".split()

total = collections.Counter()
for name in sys.argv[1:]:
    for line in open(name, encoding="utf-8"):
        e = json.loads(line)
        reason = WORDS.get(e["reason"], e["reason"] if e["reason"] in ENUM else "_OTHER")
        total[f'{e["service"]} {e["outcome"]} {reason if e["outcome"] == "failure" else ""}'.strip()] += 1
        if e["operation"] == "refresh":
            total[f'{e["service"]} refresh {e["outcome"]}'] += 1
json.dump(total, sys.stdout)
