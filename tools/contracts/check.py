"""Checks the GraphQL documents, and the twin's answers to them, against the vendor's published schema.

Usage: check.py REPOSITORY. Prints one line for each fault; exit 1 when there is one.
"""

import json
import sys
from pathlib import Path

from judge import answer_faults, document_faults
from schema import load
from selftest import self_test

# So that one systematic mistake does not bury the others.
FAULTS_SHOWN_PER_FILE = 10


def main(root: Path) -> int:
    schema = load(
        root.parent / "shared/specs/shopify/admin-2026-04.schema.graphql.gz", cache=root / ".build/contracts"
    )
    faults = self_test(schema)
    print("contracts: self-test " + ("FAILED" if faults else "ok: every broken sample is caught"))

    documents = sorted((root / "Sources/Shopify/GraphQL").glob("**/*.graphql"))
    if not documents:
        faults.append("Sources/Shopify/GraphQL: no documents, so nothing was checked")
    for path in documents:
        faults += _named(path, root, document_faults(schema, path.read_text(encoding="utf-8")))
    print(f"contracts: {len(documents)} GraphQL documents validated")

    answers = sorted((root / ".build/contracts/answers").glob("*.json"))
    if answers:
        for path in answers:
            faults += _named(path, root, _judged(schema, path))
        print(f"contracts: {len(answers)} twin answers executed through the schema")
    else:
        print("contracts: SKIPPED: no twin answers in .build/contracts/answers (swift test writes them)")

    for fault in faults:
        print(f"contracts: FAULT {fault}", file=sys.stderr)
    return 1 if faults else 0


def _judged(schema, path: Path) -> list[str]:
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        return [f"is no JSON: {error}"]
    return answer_faults(schema, answer) if isinstance(answer, dict) else ["is no JSON object"]


def _named(path: Path, root: Path, faults: list[str]) -> list[str]:
    name = path.relative_to(root)
    shown = [f"{name}: {fault}" for fault in faults[:FAULTS_SHOWN_PER_FILE]]
    if len(faults) > FAULTS_SHOWN_PER_FILE:
        shown.append(f"{name}: and {len(faults) - FAULTS_SHOWN_PER_FILE} more")
    return shown


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
