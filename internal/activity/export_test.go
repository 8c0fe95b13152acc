package activity

// TouchAll is what the job of [TouchLater] does.
var TouchAll = touchAll
