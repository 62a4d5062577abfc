"""Counts attempts in sshd logs independently of the replay: {"service result reason": n} on standard output.

Each process of sshd counts its verdicts, or, if more, what the other lines saw of it.
"""
import collections, json, re, sys

total = collections.Counter()
for name in sys.argv[1:]:
    procs = collections.defaultdict(lambda: collections.Counter())
    for line in open(name, encoding="utf-8"):
        m = re.match(r"(?:\w{3} [ \d]\d \S{8}|\S+T\S+) (\S+ sshd(?:-session|\(pam_unix\))?\[\d+\]): (.*)", line)
        if not m:
            continue
        proc, text = procs[m[1]], m[2].strip()
        times = 1
        if r := re.fullmatch(r"message repeated (\d+) times: \[ (.*)\]", text):
            times, text = int(r[1]), r[2]
        if times > 10000:
            continue
        unknown = bool(re.search(r"^Invalid user|^Failed \S+ for invalid user| by invalid user", text))
        proc["unknown"] |= unknown
        if re.match(r"Accepted \S+ for ", text):
            total["sshd success"] += times
            proc["verdicts"] += times
            proc["pam verdicts"] += times * bool(re.match("Accepted (password|keyb)", text))
        elif re.match(r"Failed \S+ for ", text):
            total["sshd failure " + ("unknown_principal" if unknown else "invalid_credentials")] += times
            proc["verdicts"] += times
            proc["pam verdicts"] += times * bool(re.match("Failed (password|keyb)", text))
            proc["kbd verdicts"] += times * text.startswith("Failed keyb")
        elif r := re.match(r"(?:pam_unix\(sshd:auth\): |PAM )?(\d+ more )?authentication failures?; ", text):
            proc["pam"] += int((r[1] or "1").split()[0])
        elif text.startswith("error: PAM: Authentication failure"):
            proc["kbd"] += 1
        elif unknown or re.search(" authenticating user |error: maximum", text):
            proc["named"] = 1
    for proc in procs.values():
        pam = proc["pam"] or proc["kbd"]
        rest = max(proc["pam"] - proc["pam verdicts"], proc["kbd"] - proc["kbd verdicts"], proc["named"] - proc["verdicts"], 0)
        reason = "unknown_principal" if proc["unknown"] else "invalid_credentials" if pam else "_OTHER"
        if rest:
            total["sshd failure " + reason] += rest
json.dump(total, sys.stdout)
