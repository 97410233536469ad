INSERT INTO "experiments" VALUES(0,'Default','/old/mlruns/0','active',1795659749674,1795659749674,'default');
INSERT INTO "experiments" VALUES(1,'risk','file:///old/state/mlflow/artifacts/risk','active',1795659749707,1795659749707,'default');
INSERT INTO "model_version_tags" VALUES('pharos.path','artifacts/risk/e3c360564ca34f0bb801f6d0d3d04cae/artifacts/model','risk',1,'default');
INSERT INTO "model_versions" VALUES('risk',1,1795659749928,1795659749928,NULL,NULL,'None','file:///old/state/mlflow/artifacts/risk/e3c360564ca34f0bb801f6d0d3d04cae/artifacts/model','e3c360564ca34f0bb801f6d0d3d04cae','READY',NULL,NULL,'file:///old/state/mlflow/artifacts/risk/e3c360564ca34f0bb801f6d0d3d04cae/artifacts/model','default');
INSERT INTO "registered_model_aliases" VALUES('champion',1,'risk','default');
INSERT INTO "registered_models" VALUES('risk',1795659749872,1795659749928,NULL,'default');
INSERT INTO "runs" VALUES('e3c360564ca34f0bb801f6d0d3d04cae','orderly-deer-400','UNKNOWN','','','unknown','RUNNING',1795659749740,NULL,'','active','file:///old/state/mlflow/artifacts/risk/e3c360564ca34f0bb801f6d0d3d04cae/artifacts',1,NULL);
