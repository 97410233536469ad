"""From the state that an earlier version left to the one this version reads: looked at, copied, brought forward."""
