BEGIN TRANSACTION;
CREATE TABLE api_keys (
	key_id VARCHAR(12) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	secret_sha256 VARCHAR(64) NOT NULL, 
	scopes TEXT NOT NULL, 
	units TEXT, 
	created_on DATE NOT NULL, 
	expires_on DATE NOT NULL, 
	revoked_on DATE, 
	PRIMARY KEY (key_id)
);
INSERT INTO "api_keys" VALUES('0af8884c8102','hr system','a7123932468c6b26e6798fbaf6794c1f1a2697936ea2638b2a4fd8085f54d099','["risk:read"]',NULL,'2026-01-02','2027-01-02',NULL);
CREATE TABLE audit_lines (
	number BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	signature VARCHAR(128) NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "audit_lines" VALUES(1,'{"about":[],"action":"key_added","actor":"operator:root","at":"2026-01-02T02:22:12.415149","details":{"expires_on":"2027-01-02","key_id":"0af8884c8102","scopes":["risk:read"],"units":null},"request_id":""}','0000000000000000000000000000000000000000000000000000000000000000','ec2e7b974edac5992667c0ef19bc94c6ea2a0acda3d1951b71c9fa3828142dc2','074645e3ccd03c50420ac6b6551fbcb54d29a7bfbc70dfabe5e90a619216aa201d3ce8ba52a639dba9eb453c4c0c98684d169a30514cc841774ed4474869020b');
COMMIT;
