"""The quality report: of a refresh for stewards, of a release for its readers."""
