"""Where frames leave: files, Y4M and VapourSynth nodes."""
