package api

func (a *API) importOperations() {}
