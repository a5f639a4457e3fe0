"""Steps of local jobs that their workers began by themselves."""
