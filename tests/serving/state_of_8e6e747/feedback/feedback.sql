BEGIN TRANSACTION;
CREATE TABLE exposures (
	request_id VARCHAR(64) NOT NULL, 
	officer_id VARCHAR(64) NOT NULL, 
	item_kind VARCHAR(16) NOT NULL, 
	item VARCHAR(200) NOT NULL, 
	position INTEGER NOT NULL, 
	score FLOAT NOT NULL, 
	propensity FLOAT NOT NULL, 
	explored BOOLEAN NOT NULL, 
	pool TEXT, 
	model_name VARCHAR(64) NOT NULL, 
	model_version VARCHAR(64) NOT NULL, 
	as_of DATE, 
	shown_at DATETIME NOT NULL, 
	PRIMARY KEY (request_id, officer_id, item_kind, item)
);
INSERT INTO "exposures" VALUES('r','O1','post','P1',1,0.5,1.0,0,NULL,'next-post','1',NULL,'2026-01-01 00:00:00.000000');
CREATE TABLE feedback (
	feedback_id VARCHAR(64) NOT NULL, 
	officer_id VARCHAR(64) NOT NULL, 
	item_kind VARCHAR(16) NOT NULL, 
	item VARCHAR(200) NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	reason TEXT, 
	occurred_on DATE NOT NULL, 
	known_on DATE NOT NULL, 
	request_id VARCHAR(64), 
	unseen BOOLEAN NOT NULL, 
	PRIMARY KEY (feedback_id)
);
CREATE TABLE plans (
	number INTEGER NOT NULL, 
	officer_id VARCHAR(64) NOT NULL, 
	asked_goal VARCHAR(96) NOT NULL, 
	horizon_months INTEGER NOT NULL, 
	goal VARCHAR(96) NOT NULL, 
	made_on DATE NOT NULL, 
	chance FLOAT NOT NULL, 
	steps TEXT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE INDEX exposures_of_an_officer ON exposures (officer_id, item_kind, item);
CREATE INDEX ix_feedback_officer_id ON feedback (officer_id);
CREATE INDEX ix_plans_officer_id ON plans (officer_id);
COMMIT;
