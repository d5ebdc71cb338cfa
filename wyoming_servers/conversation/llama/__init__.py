"""llama.cpp in a process of its own: what crashes or hangs there takes nothing else along."""
