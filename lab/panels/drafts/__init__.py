"""Pictures of drafts and claims."""
