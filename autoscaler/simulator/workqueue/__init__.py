"""Queue workers at job level: one queue, pods that take from it, every job on its own."""
