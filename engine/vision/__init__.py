"""What can be found in a picture: faces, nudity, optical flow, likeness."""
