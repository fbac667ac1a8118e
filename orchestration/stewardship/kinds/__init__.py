"""Kinds of decision, one file a kind or family: model, sentence, checks, form, preview, open items."""
