"""Pure rules: no clock, no database, no network. Everything here can be tested with plain values."""
