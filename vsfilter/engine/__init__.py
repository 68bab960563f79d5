"""From windows of frames to restored frames: device, precision, tiles, the running order."""
