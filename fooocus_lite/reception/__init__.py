"""Front: who asks, what they may ask for, and whom to call when it is done."""
