"""Machine code for the simulator's inner loops: a small part of Python, translated to LLVM's language and kept in a cache."""
