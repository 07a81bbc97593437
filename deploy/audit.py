"""Looks up known faults of the locked packages, where the service that knows of them can be reached.

`python -m deploy.audit`, or `make audit`. Status 1 if there are any, 0 if not or if nobody could be asked.
"""

import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

PROJECT = Path(__file__).resolve().parents[1]
SERVICE = "https://api.osv.dev/v1/query"
LOCKS = ("base", "worker", "gateway", "mlflow")
"""Locks of what runs; those of tools and tests hold the same versions beside their own."""
SECONDS = 5


def reachable(service: str) -> str | None:
    """Why the service cannot be asked; None if it answers, whatever it says."""
    try:
        with urlopen(service, timeout=SECONDS):
            return None
    except HTTPError:
        return None
    except (URLError, OSError) as error:
        return str(getattr(error, "reason", error))


def audit(lock: str, service: str) -> int:
    """What pip-audit says of a lock: 0 for nothing."""
    program = str(Path(sys.executable).with_name("pip-audit"))
    done = subprocess.run(
        [
            program, "--requirement", str(PROJECT / "requirements" / f"{lock}.txt"), "--no-deps",
            "--disable-pip", "--progress-spinner", "off", "--vulnerability-service", "osv",
            "--osv-url", service,
        ],
        check=False,
    )  # fmt: skip
    return done.returncode


def main(service: str = SERVICE) -> int:
    """Audit every lock, or say why not."""
    if (why := reachable(service)) is not None:
        print(f"audit: nothing was looked up, {service} is not reachable from here: {why}", file=sys.stderr)
        return 0
    found = [lock for lock in LOCKS if audit(lock, service)]
    if found:
        print(
            f"audit: known faults in {', '.join(found)}; `make lock UPGRADE=--upgrade` takes newer versions",
            file=sys.stderr,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
