"""Nodes: where pods find room, how pools of nodes grow, shrink and are lost, and what they cost."""
