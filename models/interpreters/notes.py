"""The one way to make an annotation: bounded, with a sentence."""

from schemas.records import Annotation

Note = Annotation


def note(kind: str, severity: float, confidence: float, text: str) -> Annotation:
    """An annotation; severity is drawn into -1 to 1 and confidence into 0 to 1."""
    return {
        "kind": kind,
        "severity": min(max(severity, -1.0), 1.0),
        "confidence": min(max(confidence, 0.0), 1.0),
        "text": text,
    }
