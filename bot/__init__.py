"""Discord's side of Framekiln. The only folder that imports discord."""
