package customersweb

import "github.com/akrab-crm/akrab/internal/ui"

func (p *Pages) recordRoutes() []ui.Route { return nil }
