-- What the eyes saw in a job's pictures: JSON, opaque here. It goes with the words and files.
ALTER TABLE job ADD COLUMN seen TEXT;
