-- Of a draft nobody is told but the member who chooses: a program that counts jobs counts what was asked for.
CREATE TRIGGER draft_is_told_to_no_program AFTER INSERT ON webhook_event
WHEN EXISTS (SELECT 1 FROM job WHERE id = NEW.job AND draft > 0)
BEGIN
    DELETE FROM webhook_event WHERE seq = NEW.seq;
END;
