"""Tables whose file gives each column a type: checking, conversion and profile, for every format but CSV."""
