"""The journal on disk: everything the controller was told, and every decision, in one sqlite file."""
