"""Examples that a visitor can run: an invented department's own files, made here and kept nowhere."""
