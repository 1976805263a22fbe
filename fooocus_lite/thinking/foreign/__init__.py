"""Settings that other programs wrote into pictures, in our words. One format per module."""
