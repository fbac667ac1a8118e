"""What every room stands on: artifacts of steps and their fingerprints. What a step does is not here."""

from orchestration.core.artifacts import Artifact, code_of, fingerprint_of, keep, read, stands

__all__ = ["Artifact", "code_of", "fingerprint_of", "keep", "read", "stands"]
