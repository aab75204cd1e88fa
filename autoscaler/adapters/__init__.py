"""The world to the model and back: one package per system we talk to."""
