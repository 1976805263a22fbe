"""Pure code: arguments in, values out. No torch, disk, network, clock or environment."""
