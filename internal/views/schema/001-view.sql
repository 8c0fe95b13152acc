-- A saved view: what somebody asks of a list again and again.
CREATE TABLE saved_view (
  id         UUID PRIMARY KEY,
  list       TEXT NOT NULL, -- name of the list: customer
  title      TEXT NOT NULL,
  title_key  TEXT NOT NULL, -- by which titles are sorted
  query      TEXT NOT NULL, -- as in the address: f=city:eq:Bandung&sort=-name
  owner_id   UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED, -- who made it; NULL if a program did
  shared     TEXT NOT NULL CHECK (shared IN ('private', 'team', 'all')),
  team_id    UUID, -- who sees it if it is shared with a team
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE INDEX saved_view_list ON saved_view (list, title_key, id);
CREATE INDEX saved_view_owner_id ON saved_view (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX saved_view_created_op ON saved_view (created_op);

-- Where a user keeps a view. Without a row it is where it stands for everybody.
CREATE TABLE view_place (
  user_id UUID NOT NULL,
  list    TEXT NOT NULL,
  view    TEXT NOT NULL,    -- id of a saved view, or key of one that comes with the list
  n       BIGINT NOT NULL,  -- its place among the tabs
  pinned  BOOLEAN NOT NULL, -- is a tab
  first   BOOLEAN NOT NULL, -- is shown when the list is opened
  PRIMARY KEY (user_id, list, view)
) WITHOUT ROWID;
