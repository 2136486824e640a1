CREATE TABLE members (account text NOT NULL, project text NOT NULL, PRIMARY KEY (account, project));
INSERT INTO members VALUES ('ann@company.example', 'web'), ('bob@partner.example', 'web'), ('bob@partner.example', 'api');
CREATE TABLE exceptions (seq integer PRIMARY KEY, acl_entry json NOT NULL);
INSERT INTO exceptions VALUES (10, '{"Match": {"name": "web/release", "labels": {"project": "web"}}, "Actions": ["pull"], "Comment": "a release stays as it is"}');
