"""Is it right? Detectors measured against labelled pictures, and against each other."""
