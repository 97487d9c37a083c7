package api

import (
	"bytes"
	"context"
	"net/http"

	"mingchui/payments/statement"
)

// fundStatement states a case fund for days, as JSON or as a file.
func (a *API) fundStatement(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.caseID(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	s, err := a.Payments.Statement(ctx, id, statement.Days{From: c.Query.Get("from"), To: c.Query.Get("to")})
	if err != nil {
		return Answer{}, err
	}
	var file bytes.Buffer
	switch c.Query.Get("format") {
	case "csv":
		err = s.CSV(&file)
		return download(file.Bytes(), "text/csv; charset=utf-8; header=present", s.FileName("csv")), err
	case "camt053":
		err = s.Camt053(&file)
		return download(file.Bytes(), "application/xml", s.FileName("camt053.xml")), err
	}
	return ok(s)
}

// download is a file to be kept under a name of ASCII.
func download(b []byte, kind, name string) Answer {
	return Answer{Status: http.StatusOK, Bytes: b, ContentType: kind, Header: http.Header{"Content-Disposition": {`attachment; filename="` + name + `"`}}}
}
