"""The room of torch and diffusers: a recipe goes in, events and an image come out."""
