package teamweb

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/ui"
)

// SettingsPage puts the frame of the settings around a page of another module,
// which has told of it in Sections; at is the key of its section.
func (p *Pages) SettingsPage(v *ui.View, at, title string, body templ.Component) templ.Component {
	f := frame{View: v, Sections: p.open(v), At: at}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return settings(f, title, nil, nil).Render(templ.WithChildren(ctx, body), w)
	})
}
