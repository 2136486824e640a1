CREATE TABLE members (account text NOT NULL, project text NOT NULL, PRIMARY KEY (account, project));
INSERT INTO members VALUES ('ann@company.example', 'web'), ('bob@partner.example', 'web'), ('bob@partner.example', 'api');
