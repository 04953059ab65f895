"""Look into a network: what passes each layer, forward and backward, and what is wrong with it."""
