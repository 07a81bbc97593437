"""Form scans to race cards: reserved for the OCR worker, which no part of this release needs."""
