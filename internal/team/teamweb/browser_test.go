package teamweb

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

// TestInABrowser sets a workspace up and changes its settings as a person
// would, and has axe look at every page, large in light and small in dark. With
// AKRAB_SHOTS set to a directory the pages are drawn there, to look at.
func TestInABrowser(t *testing.T) {
	s := one(t)
	b := uitest.New(t, s.base)
	look := func(name string) {
		t.Helper()
		for _, as := range []struct {
			size, scheme string
			set          func()
		}{{"phone", "dark", b.Phone}, {"desktop", "light", b.Desktop}} {
			as.set()
			b.Theme(as.scheme)
			b.Axe()
			if dir := os.Getenv("AKRAB_SHOTS"); dir != "" {
				b.Screenshot(filepath.Join(dir, name+"-"+as.size+"-"+as.scheme+".png"))
			}
		}
	}

	b.Open("/")
	b.WaitPath("/setup")
	b.See("Welcome to Akrab")
	b.Click("Indonesia")
	b.See("Selamat datang di Akrab")
	b.Click("Mulai memakai Akrab")
	b.See("4 isian")
	look("setup")
	b.Type("Nama perusahaan", "PT Sinar Nusantara")
	b.Type("#f-name", "Rina Kusuma")
	b.Type("E-mail", "rina@example.co.id")
	b.Type("Kata sandi", "kopi susu gula aren")
	b.Click("Mulai memakai Akrab")
	b.WaitPath("/")
	b.See("Ruang kerja siap dipakai")
	look("settings")

	b.Open("/settings/workspace")
	b.See("Rp 12.500.000")
	b.Select("Penulisan angka", "1,234,567.89")
	b.See("Rp 12,500,000")
	b.Select("Zona waktu", "Jayapura · WIT")
	b.See("12.00 WIT")
	look("workspace")
	b.Click("Simpan")
	b.See("Pengaturan disimpan")

	b.Open("/settings/users/new")
	b.Type("Nama", "Budi Santoso")
	b.Type("E-mail", "budi@example.co.id")
	b.Select("Peran", "Staf penjualan dan layanan")
	look("user-new")
	b.Click("Tambah dan buat kata sandi")
	b.See("Kata sandi sementara Budi Santoso")
	password := b.Value("Kata sandi sementara")
	look("secret")
	b.Click("Sudah disalin")
	b.WaitPath("/settings/users")
	look("users")
	b.Click("Budi Santoso")
	b.See("Buat kata sandi sementara")
	look("user")

	b.Open("/settings/roles")
	look("roles")
	b.Click("Manajer")
	b.See("Mengatur pengguna dan peran")
	look("role")

	b.Open("/settings/tokens")
	b.Type("Nama token", "Toko daring")
	b.Select("Berlaku sampai", "90 hari")
	b.Click("Buat token")
	b.See("Token Toko daring")
	b.Click("Sudah disalin")
	look("tokens")

	b.Open("/settings/sessions")
	b.See("Perangkat ini")
	look("sessions")
	b.Open("/settings/profile")
	look("profile")

	b.Click(".user")
	b.Click("Keluar")
	b.WaitPath("/signin")
	b.Type("E-mail", "budi@example.co.id")
	b.Type("Kata sandi", "salah")
	b.Press("Enter")
	b.See("tidak cocok")
	look("signin")
	b.Type("Kata sandi", password)
	b.Press("Enter")
	b.See("Pilih kata sandi baru")
	look("new-password")
	b.Type("Kata sandi baru", "teh tarik tanpa es")
	b.Press("Enter")
	b.WaitPath("/")
	b.Wait(`[title="Budi Santoso"]`)
}

// TestWithoutScript goes the same way with scripts off.
func TestWithoutScript(t *testing.T) {
	s := one(t)
	b := uitest.New(t, s.base)
	b.Script(false)
	b.Open("/setup")
	b.Click("Indonesia")
	b.Type("Nama perusahaan", "PT Sinar Nusantara")
	b.Type("#f-name", "Rina Kusuma")
	b.Type("E-mail", "rina@example.co.id")
	b.Type("Kata sandi", "kopi susu gula aren")
	b.Click("Mulai memakai Akrab")
	b.WaitPath("/")
	b.Open("/settings/workspace")
	b.Select("Penulisan angka", "1,234,567.89")
	b.Click("Lihat contoh")
	b.See("Rp 12,500,000")
	b.Click("Simpan")
	b.See("Pengaturan disimpan")
}
