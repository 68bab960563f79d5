"""Drawn clips: text, line art and textures in motion, which natural video has little of."""
